"""Recordings and datagrams to packets: raw ASTERIX, FINAL, pcap, pcapng, ORADIS."""
