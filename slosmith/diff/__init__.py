"""What a change of the specs means: two compiled fleets in, words and numbers for people out."""
