"""The circuit that lists no package: it goes along the agenda's trellis, on points."""
