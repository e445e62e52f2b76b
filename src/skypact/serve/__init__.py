"""HTTP, WebSocket and the built web page: what a person sees of the picture."""
