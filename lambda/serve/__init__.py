"""Answers predictions in the function itself: ONNX Runtime, a declared rule or a detector."""
