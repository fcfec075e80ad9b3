"""Machine descriptions in TOML, found by name by `spatial_opt.machine.load`."""
