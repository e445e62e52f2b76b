"""Truth and tracks in, judgement out: metrics, floors and requirements; pure."""
