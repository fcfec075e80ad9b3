"""The parts of convert-rnn-to-pattern: storage of operands, the time loop, and the cells."""
