"""What passes between stages: tables of arrays, and the Protocols of the boundaries."""
