"""The parts of pattern-fuse: coordinates, plan (legality and cost), expressions, construction."""
