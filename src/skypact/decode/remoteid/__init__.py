"""Remote identification of drones: messages of ASTM F3411 / EN 4709-002, and feeds of receivers."""
