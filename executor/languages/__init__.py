"""Languages as data: one TOML file each, and the images in which they compile and run."""
