"""The ONNX writer: the checker accepts what it writes, and the runtime reads the numbers that went in."""

import numpy as np
import onnx
import onnxruntime
import pytest

import onnx_file
from onnx_file import BOOL, FLOAT, INT64, constant, node, tensor


def session(nodes, constants, outputs, width=3):
    file = onnx_file.model(
        name="trial",
        nodes=nodes,
        constants=constants,
        inputs=[tensor("x", FLOAT, "rows", width)],
        outputs=outputs,
        about={"kind": "trial"},
    )
    onnx.checker.check_model(onnx.load_from_string(file), full_check=True)
    return onnxruntime.InferenceSession(file)


def attributes(**given):
    read = onnx.NodeProto.FromString(node("Op", ["x"], "y", **given))
    return {each.name: onnx.helper.get_attribute_value(each) for each in read.attribute}


@pytest.mark.parametrize("value", [0, 1, 127, 128, 2**34, 2**62, -1, -3, -(2**62)])
def test_integers_of_either_sign_come_back(value):
    assert attributes(axis=value, axes=[value, 5]) == {"axis": value, "axes": [value, 5]}


def test_attributes_of_every_kind_come_back():
    shape = np.array([2, -1])
    found = attributes(
        alpha=0.25, mode="linear", words=["a", "b", "a"], floats=np.array([0.5, -2.0]), ints=shape, yes=True
    )
    assert found["alpha"] == 0.25
    assert (found["mode"], found["words"]) == (b"linear", [b"a", b"b", b"a"])
    assert (found["floats"], found["ints"], found["yes"]) == ([0.5, -2.0], [2, -1], 1)
    value = attributes(value=constant("held", shape))["value"]
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(value), shape)


@pytest.mark.parametrize(
    "values",
    [np.array([1.5, np.nan], np.float32), np.array([-7, 2**40]), np.array([True, False]), np.array(3.0)],
)
def test_constants_of_every_kind_come_back(values):
    read = onnx.TensorProto.FromString(constant("c", values))
    found = onnx.numpy_helper.to_array(read)
    np.testing.assert_array_equal(found, values)
    assert found.shape == values.shape


def test_missing_values_are_replaced_where_a_mask_says():
    nodes = [node("IsNaN", ["x"], "gone"), node("Where", ["gone", "zero", "x"], "y")]
    run = session(
        nodes,
        [constant("zero", np.zeros(1))],
        [tensor("y", FLOAT, "rows", 3), tensor("gone", BOOL, "rows", 3)],
    )
    given = np.array([[1, np.nan, 3]], np.float32)
    filled, gone = run.run(None, {"x": given})
    np.testing.assert_array_equal(filled, [[1, 0, 3]])
    np.testing.assert_array_equal(gone, [[False, True, False]])


def test_an_operator_may_have_several_outputs():
    nodes = [node("TopK", ["x", "k"], ["largest", "place"], axis=-1)]
    outputs = [tensor("largest", FLOAT, "rows", 2), tensor("place", INT64, "rows", 2)]
    found = session(nodes, [constant("k", np.array([2]))], outputs).run(
        None, {"x": np.array([[1, 3, 2]], np.float32)}
    )
    np.testing.assert_array_equal(found[0], [[3, 2]])
    np.testing.assert_array_equal(found[1], [[1, 2]])


def test_an_lstm_leaves_its_optional_inputs_and_outputs_out():
    """Two steps of one feature; the first hidden state is given, bias and lengths are not."""
    steps, hidden = 2, 2
    draw = np.random.default_rng(0)
    w, r = draw.normal(size=(1, 4 * hidden, 1)), draw.normal(size=(1, 4 * hidden, hidden))
    nodes = [
        node("Reshape", ["x", "shape"], "windows"),
        node("Transpose", ["windows"], "sequence", perm=[1, 0, 2]),
        node("LSTM", ["sequence", "w", "r", "", "", "h0"], ["", "last"], hidden_size=hidden),
        node("Squeeze", ["last", "first"], "y"),
    ]
    constants = [
        constant("shape", np.array([-1, steps, 1])),
        constant("first", np.array([0])),
        *(constant(name, values) for name, values in (("w", w), ("r", r), ("h0", np.zeros((1, 1, hidden))))),
    ]
    run = session(nodes, constants, [tensor("y", FLOAT, "rows", hidden)], width=steps)
    given = np.array([[0.5, -1.0]], np.float32)

    def gate(values):
        return 1 / (1 + np.exp(-values))

    h, c = np.zeros(hidden), np.zeros(hidden)
    for value in given[0]:
        i, o, f, g = np.split(w[0, :, 0] * value + r[0] @ h, 4)
        c = gate(f) * c + gate(i) * np.tanh(g)
        h = gate(o) * np.tanh(c)
    np.testing.assert_allclose(run.run(None, {"x": given})[0], [h], atol=1e-6)
