"""The unattended pass: classify what moved, correct what no guard blocks, remember, notify."""
