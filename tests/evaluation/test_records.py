import dataclasses
import json
import math
import random
import re
import sys

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynenvs.core.errors import CorruptFile, MissingExtra, ParameterError
from dynenvs.evaluation.records import (
    EpisodeRecord,
    canonical_json,
    parse_json,
    read_records,
    record_to_dict,
    records_digest,
    write_records,
)

from .examples import example_record, example_records

BOTH_FORMATS = pytest.mark.parametrize("name", ["records.jsonl", "records.parquet"])
MIXED = [
    example_record(counts={"replies": (100.0, 0.0)}),
    example_record(seed=0, metrics={}, reward_terms={}, versions={}, matchup="zwei Hälften\n\x00"),
    example_record(trial=1, metrics={"welfare": (5e-324, 1.7976931348623157e308)}),
]

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
records = st.builds(
    example_record,
    seed=st.integers(0, 2**64 - 1),
    matchup=names,
    policies=st.tuples(names, names),
    returns=st.tuples(numbers, numbers),
    metrics=st.dictionaries(names, st.tuples(numbers, numbers), max_size=3),
    counts=st.dictionaries(names, st.tuples(numbers, numbers), max_size=3),
    versions=st.dictionaries(names, names, max_size=3),
)


@BOTH_FORMATS
@pytest.mark.parametrize("written", [[], MIXED, example_records()], ids=["none", "mixed", "many"])
def test_what_was_written_is_read(tmp_path, name, written):
    write_records(tmp_path / name, written)
    assert read_records(tmp_path / name) == written


@given(written=st.lists(records, max_size=4), name=st.sampled_from(["records.jsonl", "records.parquet"]))
def test_any_record_survives_a_round_trip(tmp_path_factory, written, name):
    path = tmp_path_factory.mktemp("records") / name
    write_records(path, written)
    assert read_records(path) == written


@BOTH_FORMATS
def test_minus_zero_keeps_its_sign(tmp_path, name):
    write_records(tmp_path / name, [example_record(returns=(-0.0, 0.0))])
    (record,) = read_records(tmp_path / name)
    assert math.copysign(1, record.returns[0]) == -1


def test_a_line_of_json_is_one_episode(tmp_path):
    write_records(tmp_path / "records.jsonl", MIXED)
    lines = (tmp_path / "records.jsonl").read_text(encoding="utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["seed"] for line in lines] == [2**64 - 1, 0, 2**64 - 1]


def test_a_metric_is_a_column_of_parquet(tmp_path):
    write_records(tmp_path / "records.parquet", MIXED)
    frame = polars.read_parquet(tmp_path / "records.parquet")
    assert frame["metrics.cooperation"].to_list() == [[0.5, 1 / 3], None, None]
    assert frame["versions.numpy"].to_list() == ["2.4.6", None, "2.4.6"]


def test_numbers_of_numpy_become_plain_ones():
    record = example_record(seed=np.uint64(7), returns=np.array([1, 2]), focal=[np.int64(1)], length=np.int32(9))
    assert record == example_record(seed=7, returns=(1.0, 2.0), focal=(1,), length=9)
    assert type(record.returns[0]) is float


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("returns", (1.0, math.nan), r"returns\[1\]=nan: expected a finite number"),
        ("returns", (1.0, True), r"returns\[1\]=True: expected a finite number"),
        ("returns", (1.0, 10**400), r"returns\[1\]=1000*: expected a finite number"),
        ("returns", (1.0,), r"returns=\(1.0,\): expected 2 values, one a seat"),
        ("returns", 1.0, "returns=1.0: expected a list"),
        ("metrics", {"m": (1.0,)}, r"metrics\['m'\]=\(1.0,\): expected 2 values"),
        ("metrics", {"m": (1.0, math.inf)}, r"metrics\['m'\]\[1\]=inf: expected a finite number"),
        ("counts", {"n": (1.0,)}, r"counts\['n'\]=\(1.0,\): expected 2 values"),
        ("metrics", [1.0], r"metrics=\[1.0\]: expected an object"),
        ("policies", "ab", "policies='ab': expected a list"),
        ("policies", ("a", None), r"policies\[1\]=None: expected text"),
        ("matchup", "\ud800", "matchup=.*: expected text"),
        ("params", "{}}", "params='{}}': expected JSON"),
        ("params", "[]", r"params='\[\]': expected an object in canonical JSON"),
        ("params", '{"b":1,"a":2}', "expected an object in canonical JSON"),
        ("focal", (), r"focal=\(\): expected different seats below 2"),
        ("focal", (2,), r"focal=\(2,\): expected different seats below 2"),
        ("focal", (0, 0), r"focal=\(0, 0\): expected different seats below 2"),
        ("seed", 2**64, r"seed=18446744073709551616: expected an integer in \[0, 18446744073709551615\]"),
        ("seed", 1.0, "seed=1.0: expected an integer"),
        ("trial", 4, r"trial=4: expected an integer in \[0, 3\]"),
        ("length", 0, "length=0: expected an integer in"),
        ("wall_time", -1.0, "wall_time=-1.0: expected seconds, at least 0"),
    ],
)
def test_a_bad_field_is_named_with_its_value(field, value, message):
    with pytest.raises(ParameterError, match=message):
        example_record(**{field: value})


def test_a_torn_last_line_is_reported_with_its_number(tmp_path):
    path = tmp_path / "records.jsonl"
    write_records(path, MIXED)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CorruptFile, match=r"records\.jsonl, line 3: the last line is torn: column \d+: "):
        read_records(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.25", "NaN", "line 2: NaN: expected a finite number"),
        ("0.25", "-Infinity", "line 2: -Infinity: expected a finite number"),
        ("0.25", "1e999", "line 2: wall_time=inf: expected a finite number"),
        ('"seed":0', '"seed":0,"seed":0', "line 2: key 'seed' stands there twice"),
        ('"seed"', '"sead"', "line 2: expected a field 'seed', found none"),
        ('"seed":0', '"seed":0,"speed":1', "line 2: speed=1: a record has no such field"),
        ('"seed":0', '"seed":0.0', "line 2: seed=0.0: expected an integer"),
        ('"rules_digest":"5d2c"', '"rules_digest":5', "line 2: rules_digest=5: expected text"),
        ("5d2c", "\\ud800", "line 2: rules_digest=.*: expected text"),
        ("{", "[" * 100_000, "line 2: "),
        ("{", "\n{", "line 2: column 1: Expecting value"),
    ],
)
def test_a_corrupt_line_is_named_with_what_was_expected(tmp_path, old, new, message):
    path = tmp_path / "records.jsonl"
    write_records(path, MIXED)
    first, second, third = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in second
    path.write_text(first + second.replace(old, new, 1) + third, encoding="utf-8")
    with pytest.raises(CorruptFile, match=message):
        read_records(path)


def test_bytes_that_are_no_text_are_corrupt(tmp_path):
    (tmp_path / "records.jsonl").write_bytes(b"\xff\xfe{}\n")
    with pytest.raises(CorruptFile, match="line 1: 'utf-8' codec can't decode"):
        read_records(tmp_path / "records.jsonl")


@pytest.mark.parametrize("kept", [0, 3, 200])
def test_a_torn_parquet_file_is_corrupt(tmp_path, kept):
    path = tmp_path / "records.parquet"
    write_records(path, MIXED)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CorruptFile, match=r"records\.parquet: expected a Parquet file"):
        read_records(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("seed"), "expected a column 'seed' of UInt64, found none"),
        (lambda frame: frame.rename({"seed": "sead"}), "expected a column 'seed'"),
        (lambda frame: frame.with_columns(speed=1), "column 'speed': a record has no such field"),
        (lambda frame: frame.with_columns(metrics=1), "column 'metrics': a record has no such field"),
        (lambda frame: frame.with_columns(seed=polars.lit("1")), "column 'seed' of String: expected UInt64"),
        (lambda frame: frame.with_columns(wall_time=math.nan), "row 1: wall_time=nan: expected a finite number"),
        (lambda frame: frame.with_columns(trial=polars.lit(None, polars.Int64)), "row 1: trial=None: expected"),
    ],
)
def test_a_table_that_is_no_record_is_corrupt(tmp_path, change, message):
    path = tmp_path / "records.parquet"
    write_records(path, MIXED)
    change(polars.read_parquet(path)).write_parquet(path)
    with pytest.raises(CorruptFile, match=message):
        read_records(path)


@BOTH_FORMATS
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, name):
    path = tmp_path / name
    write_records(path, MIXED)
    with pytest.raises(ZeroDivisionError):
        write_records(path, (MIXED[0] if k else 1 / k for k in (1, 0)))
    assert read_records(path) == MIXED
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("action", [read_records, lambda path: write_records(path, [])])
def test_another_ending_is_refused(action, tmp_path):
    with pytest.raises(ParameterError, match=r"expected a name that ends in \.jsonl or \.parquet"):
        action(tmp_path / "records.csv")


def test_parquet_without_polars_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtra, match=r'pip install "dynenvs\[eval\]"'):
        write_records(tmp_path / "records.parquet", MIXED)
    write_records(tmp_path / "records.jsonl", MIXED)


def test_the_digest_is_of_the_play_and_not_of_its_order_or_time():
    records = example_records()
    shuffled = [dataclasses.replace(record, wall_time=9.0, versions={}) for record in records]
    random.Random(1).shuffle(shuffled)
    assert records_digest(shuffled) == records_digest(records)


@pytest.mark.parametrize("change", [{"returns": (1.0, 2.0)}, {"seed": 1}, {"policy_digests": ("a1", "b3")}])
def test_the_digest_sees_any_change_of_the_play(change):
    assert records_digest([example_record(**change)]) != records_digest([example_record()])


def test_canonical_json_has_one_spelling():
    assert canonical_json({"b": 0.1, "a": [1, None, "é"]}) == '{"a":[1,null,"é"],"b":0.1}'
    assert parse_json(canonical_json({"b": 0.1, "a": 1})) == {"a": 1, "b": 0.1}
    with pytest.raises(ParameterError, match="expected values of JSON with finite numbers"):
        canonical_json({"a": math.nan})


def test_every_field_is_checked():
    fields = [field.name for field in dataclasses.fields(EpisodeRecord)]
    for name in fields:
        with pytest.raises(ParameterError, match=name):
            example_record(**{name: object()})


@pytest.mark.parametrize("value", [[], {}, [[]], [{}], {"a": {}}, None, True, 5, "x"])
@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(EpisodeRecord)])
def test_a_line_with_a_field_of_another_type_is_corrupt(tmp_path, name, value):
    values = json.loads(canonical_json(record_to_dict(example_record())))
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps({**values, name: value}) + "\n", encoding="utf-8")
    try:
        (record,) = read_records(path)
    except CorruptFile as error:
        told = str(error)
    else:  # some fields take it
        told = f"{path}, line 1: expected {value!r}"
        assert json.loads(canonical_json(record_to_dict(record)))[name] == value
    assert re.match(rf"{re.escape(str(path))}, line 1: .*expected ", told)


def test_a_field_that_holds_a_whole_book_is_told_in_a_few_lines(tmp_path):
    path = tmp_path / "records.jsonl"
    write_records(path, [example_record()])
    values = json.loads(path.read_text()) | {"policies": "a word " * 100_000}
    path.write_text(json.dumps(values) + "\n")
    with pytest.raises(CorruptFile, match=r"records\.jsonl, line 1: policies='a word a.*left out.* expected") as caught:
        read_records(path)
    assert len(str(caught.value)) < 700 + len(str(path))


def test_parameters_that_are_a_list_are_told_as_such(tmp_path):
    values = json.loads(canonical_json(record_to_dict(example_record())))
    (tmp_path / "records.jsonl").write_text(json.dumps({**values, "params": []}), encoding="utf-8")
    with pytest.raises(CorruptFile, match=r"line 1: .*params=\[\]: expected text"):
        read_records(tmp_path / "records.jsonl")


@BOTH_FORMATS
@pytest.mark.parametrize(
    ("records", "message"),
    [
        (5, "records=5: expected a list of EpisodeRecord"),
        (None, "records=None: expected a list of EpisodeRecord"),
        (example_record(), r"records=EpisodeRecord.*: expected a list of EpisodeRecord"),
        ("ab", r"records\[0\]='a': expected an EpisodeRecord"),
        ([example_record(), {"seed": 1}], r"records\[1\]={'seed': 1}: expected an EpisodeRecord"),
    ],
)
def test_only_records_are_written_and_otherwise_nothing(tmp_path, name, records, message):
    with pytest.raises(ParameterError, match=message):
        write_records(tmp_path / name, records)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ParameterError, match=message):
        records_digest(records)
