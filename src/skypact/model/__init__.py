"""What passes between stages: tables of arrays, wire structs and the Protocols of the boundaries."""
