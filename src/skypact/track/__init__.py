"""Reports to tracks of one unit: ``events = tracker.step(batch, now_s)``, pure in its inputs."""
