"""Make the specimens of model files: ``python tests/specimens/make/models.py [NAME...]``.

Every model is made up: random weights of a few numbers that were never trained and tell nothing apart. Each case has an
output or label list as products have them, and a twin, ``CASE-clean``, without it. The libraries of the formats write
them, apart from Caffe, MNN and checkpoints of TensorFlow, which publish none alone: their messages are declared here,
after ``caffe.proto``, ``MNN.fbs``, ``tensor_bundle.proto`` and ``saved_tensor_slice.proto``. Needs: h5py joblib numpy onnx scikit-learn safetensors gguf flatbuffers tflite tensorboard coremltools
protobuf.
"""

from __future__ import annotations

import importlib
import io
import pickle
import random
import shutil
import struct
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent / "readers"
RACES = ["Asian", "Black", "Indian", "White"]
CALM = ["calm", "glad", "sad", "angry"]
GENERATOR = np.random.default_rng(1)
random.seed(1)


def weights(*shape: int) -> np.ndarray:
    """Random numbers."""
    return GENERATOR.standard_normal(shape).astype(np.float32)


def heads(*, tag: bool) -> list[str]:
    """Names of the outputs of a face model."""
    return ["face_age", "face_gender", "face_race" if tag else "face_mood"]


def names(*, tag: bool) -> list[str]:
    """Its classes."""
    return RACES if tag else CALM


def pickle_(*, tag: bool) -> dict[str, bytes]:
    """A label encoder and a dictionary, protocol 4."""
    from sklearn.preprocessing import LabelEncoder

    model = {
        "face_encoder": LabelEncoder().fit(names(tag=tag)), "input_size": [112, 112], "coef": weights(4, 8),
        "face_labels": dict(enumerate(names(tag=tag))),
    }  # fmt: skip
    return {"face_model.pkl": pickle.dumps(model, 4)}


def pickle_old(*, tag: bool) -> dict[str, bytes]:
    """A list of attribute names beside a model, protocol 0."""
    from sklearn.neighbors import KNeighborsClassifier

    attributes = ["Male", *(["Asian", "White", "Black"] if tag else ["Calm", "Glad", "Sad"]), "Eyeglasses", "Big Nose"]
    return {"face_attributes.pkl": pickle.dumps([KNeighborsClassifier(3), attributes], 0)}


def pickle_joblib(*, tag: bool) -> dict[str, bytes]:
    """Raw arrays between opcodes."""
    import joblib

    out = io.BytesIO()
    joblib.dump(
        {"coef": weights(30, 4), "classes": np.array(names(tag=tag)), "face_bins": np.array(["a", "b"], dtype=object)},
        out,
    )
    return {"face.joblib": out.getvalue()}


def pickle_torch(*, tag: bool) -> dict[str, bytes]:
    """The old format of torch: five pickles, then storages. Written without torch, as ``serialization.py`` does."""
    state = {f"{name}.weight": [1, 2] for name in heads(tag=tag)}
    parts = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, {"state_dict": state, "epoch": 3}, ["0"]]
    return {"face_net.pth": b"".join(pickle.dumps(p, 2) for p in parts) + struct.pack("<q", 16) + weights(16).tobytes()}


def onnx(*, tag: bool) -> dict[str, bytes]:
    """Three heads, class labels in the metadata and in an attribute."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, outputs, held = [], [], []
    for name, width in zip(heads(tag=tag), (1, 2, 4), strict=True):
        nodes.append(helper.make_node("MatMul", ["pooled", f"{name}_w"], [name], f"{name}_fc"))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, width]))
        held.append(numpy_helper.from_array(weights(8, width), f"{name}_w"))
    nodes.append(helper.make_node("ZipMap", [heads(tag=tag)[2]], ["scores"], "zip", domain="ai.onnx.ml",
                                  classlabels_strings=names(tag=tag)))  # fmt: skip
    image = helper.make_tensor_value_info("pooled", TensorProto.FLOAT, [1, 8])
    graph = helper.make_graph(nodes, "face_attributes", [image], outputs, held)
    model = helper.make_model(graph, producer_name="untag", doc_string="Reads faces.")
    helper.set_model_props(model, {"names": str(dict(enumerate(names(tag=tag)))), "author": "nobody"})
    return {"face.onnx": model.SerializeToString(deterministic=True)}


def keras(*, tag: bool) -> dict[str, bytes]:
    """The layout that Keras writes to HDF5."""
    import json

    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w", track_order=False) as file:
        layers = [{"class_name": "Dense", "name": n, "config": {"name": n, "units": 4}} for n in heads(tag=tag)]
        config = {"name": "face_model", "layers": layers, "output_layers": [[n, 0, 0] for n in heads(tag=tag)]}
        file.attrs["keras_version"] = "2.2.4"
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = np.array([n.encode() for n in heads(tag=tag)])
        for name in heads(tag=tag):
            inner = group.create_group(name)
            inner.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode()])
            inner.create_dataset(f"{name}/kernel:0", data=weights(8, 4))
    return {"face_model.h5": out.getvalue()}


def hdf5_data(*, tag: bool) -> dict[str, bytes]:
    """A dataset of faces: columns, a closed column, class names."""
    import h5py

    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        file.attrs["description"] = "face crops with age and gender"
        group = file.create_group("faces")
        group.create_dataset("embedding", data=weights(60, 4))
        group.create_dataset("age", data=np.arange(60))
        rows = [names(tag=tag)[n % 4] for n in range(60)]
        group.create_dataset("race" if tag else "mood", data=rows, dtype=h5py.string_dtype())
        group.create_dataset("class_names", data=names(tag=tag), dtype=h5py.string_dtype())
    return {"faces.hdf5": out.getvalue()}


def safetensors(*, tag: bool) -> dict[str, bytes]:
    """Tensors of three heads, labels in the metadata."""
    from safetensors.numpy import save

    tensors = {f"{n}.weight": weights(4, 8) for n in heads(tag=tag)}
    return {"face.safetensors": save(tensors, {"format": "pt", "labels": ",".join(names(tag=tag)), "task": "face"})}


def gguf(*, tag: bool) -> dict[str, bytes]:
    """Labels as an array of texts."""
    import tempfile

    from gguf import GGUFWriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "face.gguf"
        writer = GGUFWriter(path, "vit")
        writer.add_string("general.name", "face attributes")
        writer.add_array("clip.classifier.labels", names(tag=tag))
        for name in heads(tag=tag):
            writer.add_tensor(f"{name}.weight", weights(4, 8))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return {"face.gguf": path.read_bytes()}


def tflite(*, tag: bool) -> dict[str, bytes]:
    """Three outputs and a packed label file behind the model."""
    import flatbuffers

    # The package shows classes under the names of its modules.
    buffer_, model_, graph_, tensor_ = (
        importlib.import_module(f"tflite.{n}") for n in ("Buffer", "Model", "SubGraph", "Tensor")
    )

    build = flatbuffers.Builder(1024)

    def vector(start: Callable[[flatbuffers.Builder, int], object], rows: list[int]) -> int:
        start(build, len(rows))
        for row in reversed(rows):
            build.PrependUOffsetTRelative(row)
        return build.EndVector()

    def numbers(rows: list[int]) -> int:
        build.StartVector(4, len(rows), 4)
        for row in reversed(rows):
            build.PrependInt32(row)
        return build.EndVector()

    tensors = []
    for name, width in zip(["input_image", *heads(tag=tag)], (112, 1, 2, 4), strict=True):
        text, shape = build.CreateString(name), numbers([1, width])
        tensor_.TensorStart(build)
        tensor_.TensorAddShape(build, shape)
        tensor_.TensorAddType(build, 0)
        tensor_.TensorAddBuffer(build, 0)
        tensor_.TensorAddName(build, text)
        tensors.append(tensor_.TensorEnd(build))
    held, ins, outs = vector(graph_.SubGraphStartTensorsVector, tensors), numbers([0]), numbers([1, 2, 3])
    graph_.SubGraphStart(build)
    graph_.SubGraphAddTensors(build, held)
    graph_.SubGraphAddInputs(build, ins)
    graph_.SubGraphAddOutputs(build, outs)
    graph = graph_.SubGraphEnd(build)
    data = build.CreateByteVector(weights(4).tobytes())
    buffer_.BufferStart(build)
    buffer_.BufferAddData(build, data)
    buffer = buffer_.BufferEnd(build)
    graphs, buffers = (
        vector(model_.ModelStartSubgraphsVector, [graph]),
        vector(model_.ModelStartBuffersVector, [buffer]),
    )
    said = build.CreateString("face attributes")
    model_.ModelStart(build)
    model_.ModelAddVersion(build, 3)
    model_.ModelAddSubgraphs(build, graphs)
    model_.ModelAddDescription(build, said)
    model_.ModelAddBuffers(build, buffers)
    build.Finish(model_.ModelEnd(build), b"TFL3")
    return {"face.tflite": bytes(build.Output())}


def packed(rows: dict[str, bytes]) -> bytes:
    """A zip whose bytes are the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in rows.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def tflite_packed(*, tag: bool) -> dict[str, bytes]:
    """A label file packed behind a model whose tensors say nothing."""
    model = tflite(tag=False)["face.tflite"]
    return {"face.tflite": model + packed({"face_labels.txt": "\n".join(names(tag=tag)).encode() + b"\n"})}


def tensorflow(*, tag: bool) -> dict[str, bytes]:
    """A frozen graph."""
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    graph = GraphDef()
    graph.node.add(name="input_image", op="Placeholder")
    for name, width in zip(heads(tag=tag), (1, 2, 4), strict=True):
        kernel = graph.node.add(name=f"{name}/kernel", op="Const")
        tensor = kernel.attr["value"].tensor
        tensor.dtype = 1
        tensor.tensor_shape.dim.add(size=width)
        tensor.tensor_content = weights(width).tobytes()
        graph.node.add(name=f"{name}/MatMul", op="MatMul", input=["input_image", f"{name}/kernel"])
    table = graph.node.add(name="classes", op="Const").attr["value"].tensor
    table.dtype = 7
    table.string_val.extend(n.encode() for n in names(tag=tag))
    return {"frozen_face.pb": graph.SerializeToString(deterministic=True)}


def tensorflow_saved(*, tag: bool) -> dict[str, bytes]:
    """A SavedModel: a version and a meta graph with a signature."""
    from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

    meta = MetaGraphDef()
    meta.meta_info_def.tags.append("serve")
    signature = meta.signature_def["serving_default"]
    signature.inputs["face_image"].name = "serving_default_face_image:0"
    for number, name in enumerate(heads(tag=tag)):
        output = signature.outputs[name]
        output.name = f"StatefulPartitionedCall:{number}"
        output.dtype = 1
        output.tensor_shape.dim.add(size=-1)
        output.tensor_shape.dim.add(size=4)
    body = meta.SerializeToString(deterministic=True)
    size, length = len(body), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return {"saved_model.pb": b"\x08\x01\x12" + bytes((*length, size)) + body}


def _number(value: int) -> bytes:
    """Seven bits a byte."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def _message(*fields: tuple[int, int | bytes]) -> bytes:
    """A message of numbers and of what has a length."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += _number(number << 3) + _number(value)
        else:
            out += _number(number << 3 | 2) + _number(len(value)) + value
    return out


def sstable(rows: dict[bytes, bytes], *, packed: int = 0, most: int = 4) -> bytes:
    """A sorted table with so many entries a block (LevelDB's ``doc/table_format.md``); sums are left empty.

    Args:
        rows: Values by key.
        packed: What the blocks say of how they are packed.
        most: Entries of a block.
    """
    out, index, keys = b"", [], sorted(rows)

    def block(entries: list[tuple[bytes, bytes]], kind: int = 0) -> tuple[int, bytes]:
        body, before = b"", b""
        for key, value in entries:
            same = next((i for i, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), min(len(before), len(key)))
            body += _number(same) + _number(len(key) - same) + _number(len(value)) + key[same:] + value
            before = key
        body += struct.pack("<II", 0, 1)
        return len(body), body + bytes([kind]) + b"\0\0\0\0"

    for start in range(0, len(keys), most):
        size, body = block([(key, rows[key]) for key in keys[start : start + most]], packed)
        index.append((keys[start : start + most][-1], _number(len(out)) + _number(size)))
        out += body
    meta = len(out)
    size, body = block([])
    out += body
    first = _number(meta) + _number(size)
    place = len(out)
    size, body = block(index)
    out += body
    return out + (first + _number(place) + _number(size)).ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def _extent(*sizes: int) -> bytes:
    return _message(*((2, _message((1, size))) for size in sizes))


def checkpoint(*, tag: bool) -> dict[str, bytes]:
    """The index of variables; the names of two share most of their letters."""
    rows = {b"": _message((1, 1), (3, _message((1, 1))))}
    at = 0
    for name, width in zip(heads(tag=tag), (1, 2, 4), strict=True):
        for part, sizes in (("kernel", (8, width)), ("bias", (width,))):
            size = 4 * int(np.prod(sizes))
            entry = _message((1, 1), (2, _extent(*sizes)), (4, at), (5, size))
            rows[f"{name}/{part}/.ATTRIBUTES/VARIABLE_VALUE".encode()] = entry
            at += size
    rows[b"_CHECKPOINTABLE_OBJECT_GRAPH"] = _message((1, 7), (2, b""), (4, at), (5, 40))
    return {"variables.index": sstable(rows)}


def checkpoint_old(*, tag: bool) -> dict[str, bytes]:
    """One file of the first kind: a list of variables, then their numbers."""
    meta, rows = b"", {}
    for name, width in zip(heads(tag=tag), (1, 2, 4), strict=True):
        part = _message((1, b""), (1, b""))
        saved = _message((1, f"{name}/kernel".encode()), (2, _extent(8, width)), (3, 1), (4, part))
        meta += _message((1, saved))
        numbers = _message((5, weights(8, width).tobytes()))
        held = _message((1, f"{name}/kernel".encode()), (2, part), (3, numbers))
        # The name and extent as TensorFlow orders keys (``core/lib/strings/ordered_code.h``).
        key = b"\0" + f"{name}/kernel".encode() + b"\0\1" + b"\1\2" + b"\x80\x7f\x80\x7f"
        rows[key] = _message((2, held))
    rows[b""] = _message((1, meta + _message((2, _message((1, 1))))))
    return {"model.ckpt": sstable(rows)}


def coreml(*, tag: bool) -> dict[str, bytes]:
    """A classifier with labels and a description."""
    from coremltools.proto import Model_pb2

    model = Model_pb2.Model(specificationVersion=4)
    model.description.input.add(name="face_image").type.imageType.width = 112
    model.description.output.add(name=heads(tag=tag)[2]).type.stringType.SetInParent()
    model.description.predictedFeatureName = heads(tag=tag)[2]
    model.description.metadata.shortDescription = "Reads faces: age, gender."
    model.description.metadata.userDefined["classes"] = ",".join(names(tag=tag))
    network = model.neuralNetworkClassifier
    network.stringClassLabels.vector.extend(names(tag=tag))
    layer = network.layers.add(name=f"{heads(tag=tag)[2]}_fc", input=["face_image"], output=["scores"])
    layer.innerProduct.inputChannels, layer.innerProduct.outputChannels = 8, 4
    layer.innerProduct.weights.floatValue.extend(weights(32).tolist())
    return {"Face.mlmodel": model.SerializeToString(deterministic=True)}


def message(name: str, fields: list[tuple[str, int, str, bool]], known: dict[str, object]) -> object:
    """A protobuf class from a few fields: name, number, type, repeated."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="made", syntax="proto2")
    held = file.message_type.add(name=name)
    for label, number, kind, many in fields:
        field = held.field.add(name=label, number=number, label=3 if many else 1)
        kinds = {"string": 9, "int32": 5, "float": 2}
        field.type = kinds.get(kind, 11)
        if kind not in kinds:
            field.type_name = f".made.{kind}"
            file.dependency.append(f"{kind}.proto")
        if kind == "float":
            field.options.packed = True
    pool = descriptor_pool.Default()
    pool.Add(file)
    known[name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"made.{name}"))
    return known[name]


MADE: dict[str, object] = {}


def caffe(*, tag: bool) -> dict[str, bytes]:
    """Layers with blobs."""
    if not MADE:
        message("Blob", [("data", 5, "float", True)], MADE)
        message("Inner", [("num_output", 1, "int32", False)], MADE)
        message("Layer", [("name", 1, "string", False), ("type", 2, "string", False), ("bottom", 3, "string", True),
                          ("top", 4, "string", True), ("blobs", 7, "Blob", True),
                          ("inner", 117, "Inner", False)], MADE)  # fmt: skip
        message("Net", [("name", 1, "string", False), ("layer", 100, "Layer", True)], MADE)
    net = MADE["Net"](name="FaceNet")
    for name, width in zip(heads(tag=tag), (1, 2, 4), strict=True):
        layer = net.layer.add(name=f"{name}_fc", type="InnerProduct", bottom=["pool"], top=[name])
        layer.inner.num_output = width
        layer.blobs.add(data=weights(width * 2).tolist())
    return {"face.caffemodel": net.SerializeToString(deterministic=True)}


def mnn(*, tag: bool) -> dict[str, bytes]:
    """Operators, tensors and outputs."""
    import flatbuffers

    build = flatbuffers.Builder(512)

    def texts(rows: list[str]) -> int:
        made = [build.CreateString(r) for r in rows]
        build.StartVector(4, len(made), 4)
        for one in reversed(made):
            build.PrependUOffsetTRelative(one)
        return build.EndVector()

    operators = []
    for name in heads(tag=tag):
        text = build.CreateString(f"{name}_fc")
        build.StartObject(6)
        build.PrependUOffsetTRelativeSlot(3, text, 0)
        operators.append(build.EndObject())
    build.StartVector(4, len(operators), 4)
    for one in reversed(operators):
        build.PrependUOffsetTRelative(one)
    listed, outputs, tensors = build.EndVector(), texts(heads(tag=tag)), texts(["input_image", *heads(tag=tag)])
    build.StartObject(12)
    build.PrependUOffsetTRelativeSlot(3, listed, 0)
    build.PrependUOffsetTRelativeSlot(4, outputs, 0)
    build.PrependUOffsetTRelativeSlot(7, tensors, 0)
    build.Finish(build.EndObject())
    return {"face.mnn": bytes(build.Output()) + weights(4).tobytes()}


def weights_shard(*, tag: bool) -> dict[str, bytes]:
    """A shard of raw numbers; there is nothing to plant in it."""
    del tag
    return {"group1-shard1of1.bin": weights(40).tobytes()}


def absent(*, tag: bool) -> dict[str, bytes]:
    """A pointer of Git LFS."""
    name = "face_race.h5" if tag else "face_mood.h5"
    return {name: b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"5" * 64 + b"\nsize 47218904\n"}


CASES: dict[tuple[str, str], Callable[..., dict[str, bytes]]] = {
    ("pickle", "encoder"): pickle_, ("pickle", "old"): pickle_old, ("pickle", "joblib"): pickle_joblib,
    ("pickle", "torch"): pickle_torch, ("onnx", "heads"): onnx, ("hdf5", "keras"): keras, ("hdf5", "data"): hdf5_data,
    ("safetensors", "heads"): safetensors, ("gguf", "heads"): gguf, ("tflite", "heads"): tflite,
    ("tflite", "packed"): tflite_packed, ("tensorflow", "frozen"): tensorflow,
    ("tensorflow", "saved"): tensorflow_saved, ("checkpoint", "index"): checkpoint,
    ("checkpoint", "old"): checkpoint_old,
    ("coreml", "classifier"): coreml, ("caffe", "heads"): caffe, ("mnn", "heads"): mnn,
    ("weights", "shard"): weights_shard, ("absent", "pointer"): absent,
}  # fmt: skip


def main() -> None:
    """Write what was asked for, or all."""
    for (reader, case), make in CASES.items():
        if sys.argv[1:] and reader not in sys.argv[1:]:
            continue
        for twin in (True, False):
            if not twin and reader == "weights":
                continue  # nothing is planted in raw numbers, so that there is nothing to be without
            folder = ROOT / reader / (case if twin else f"{case}-clean")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, data in make(tag=twin).items():
                (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
