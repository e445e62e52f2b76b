"""The picture and reports to bytes, pure; ASTERIX is written from the decoder's item tables."""
