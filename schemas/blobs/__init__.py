"""The blob store: a port and its adapters. Blobs are named by the sha256 of their content."""
