"""Languages of upstreams that two or more shipped plugins speak. Pure; no I/O, no clock."""
