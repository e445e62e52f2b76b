"""ASTERIX: the item tables of each category, the registry of editions, and the decoders."""
