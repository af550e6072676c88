"""The query API: what everyone may read, from the read models. Every outcome goes through one visibility function."""
