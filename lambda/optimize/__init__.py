"""Answers with the best choice among options: a mixed-integer programme, solved in the function itself."""
