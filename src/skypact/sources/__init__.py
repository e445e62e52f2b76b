"""Where bytes come from: files and sockets. Each source yields batches of packets."""
