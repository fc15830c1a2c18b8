"""An indicator → the raw series that show it good and bad: what generated tests feed to rules."""
