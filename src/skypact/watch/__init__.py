"""The watch: from a picture to alerts, one rule a file."""
