"""What Stoa decides: rules and views. Imports the standard library only, so that every rule can be read alone."""
