"""Recipes for running the drift pass unattended, one folder per place."""
