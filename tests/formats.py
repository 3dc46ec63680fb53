"""Writes Parquet files with pyarrow, Polars and DuckDB, and checks what came of them.

formats.py write IN            writes the files
formats.py check IN CLEAN      what stays is what came in, in every column
formats.py marked IN MARKED    columns were added, and nothing else changed
"""

import datetime
import decimal
import json
import pathlib
import sys

import duckdb
import polars
import pyarrow
import pyarrow.parquet as parquet


def text(name, number):
    if number % 5 == 4:  # a copy of the one before
        number -= 1
    words = [f"{name}{(number * 7919 + word * word * 17 + word * number) % 60013}" for word in range(60)]
    if number % 7 == 2:  # a passage that stands in many
        words[20:20] = [f"{name}quote{word}" for word in range(15)]
    return f"Nº {number}: " + " ".join(words)


def table(name, rows=120):
    numbers = list(range(rows))
    zone = datetime.timezone.utc
    start = datetime.datetime(2023, 11, 15, 8, 30, tzinfo=zone)
    return pyarrow.table(
        {
            "id": [f"{name}-{number}" for number in numbers],
            "n": pyarrow.array([number if number % 3 else None for number in numbers], "int16"),
            "text": [text(name, number) for number in numbers],
            "when": pyarrow.array(
                [start + datetime.timedelta(hours=number) for number in numbers],
                pyarrow.timestamp("us", "UTC"),
            ),
            "day": pyarrow.array([start.date()] * rows, "date32"),
            "price": pyarrow.array([decimal.Decimal(number) / 4 for number in numbers], pyarrow.decimal128(12, 2)),
            "tags": [["a", None, str(number)][: number % 4] or None for number in numbers],
            "meta": [{"outlet": f"o{number % 3}", "score": number / 8} if number % 6 else None for number in numbers],
            "raw": [bytes([number % 256, 255]) for number in numbers],
            "vector": pyarrow.array([[number / 2, 1.5] for number in numbers], pyarrow.list_(pyarrow.float32())),
        }
    )


def write(folder):
    folder.mkdir(parents=True)
    for codec in ["none", "snappy", "gzip", "lz4", "zstd"]:
        data = table(f"arrow{codec}").replace_schema_metadata({"made": "by hand"})
        parquet.write_table(data, folder / f"arrow-{codec}.parquet", compression=codec, row_group_size=50)
    for kind in [pyarrow.large_string(), pyarrow.string_view(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())]:
        name = str(kind).split("<")[0]
        kinds = table(name.replace("_", ""))
        column = kinds.column("text")
        if pyarrow.types.is_dictionary(kind):
            column = column.dictionary_encode()
        else:
            column = column.cast(kind)
        changed = kinds.set_column(2, "text", column)
        changed = changed.append_column("map", pyarrow.array([[("k", 1)]] * 120, pyarrow.map_(pyarrow.string(), pyarrow.int64())))
        parquet.write_table(
            changed,
            folder / f"kind-{name}.parquet",
            data_page_version="2.0",
            use_dictionary=pyarrow.types.is_dictionary(kind),
            data_page_size=1000,
            write_statistics=False,
        )
    int96 = table("int96").drop_columns(["day"])
    parquet.write_table(int96, folder / "int96.parquet", use_deprecated_int96_timestamps=True, version="1.0")
    for codec in ["zstd", "snappy", "uncompressed"]:
        frame = polars.from_arrow(table(f"polars{codec}"))
        frame.write_parquet(folder / f"polars-{codec}.parquet", compression=codec, row_group_size=40)
    for codec in ["snappy", "zstd", "uncompressed"]:
        data = table(f"duckdb{codec}", 3000)
        duckdb.sql(f"copy data to '{folder}/duckdb-{codec}.parquet' (format parquet, codec '{codec}', row_group_size 2048)")


def rows(path):
    return parquet.read_table(path).to_pylist()


def files(before, after):
    names = sorted(path.name for path in before.iterdir())
    assert len(names) == 15, names
    for name in names:
        yield name, before / name, after / name


def check(before, after):
    removed = [json.loads(line) for line in open(after / "removed.jsonl", encoding="utf-8")]
    total_gone = total_cut = 0
    for name, old, new in files(before, after):
        mine = [line for line in removed if pathlib.Path(line["path"]).name == name]
        gone = {line["line"] for line in mine if line["rule"] != "passage"}
        cuts = {}
        for line in mine:
            if line["rule"] == "passage" and line["line"] not in gone:
                cuts.setdefault(line["line"], []).extend(line["spans"])
        expected = []
        for number, row in enumerate(rows(old), 1):
            if number in gone:
                continue
            data = row["text"].encode()
            for start, end in sorted(cuts.get(number, []), reverse=True):
                data = data[:start] + b"[cut]" + data[end:]
            expected.append({**row, "text": data.decode()})
        found = rows(new)
        assert found == expected, f"{name}: {len(found)} rows, expected {len(expected)}"
        total_gone += len(gone)
        total_cut += len(cuts)
        one, two = parquet.ParquetFile(old), parquet.ParquetFile(new)
        assert one.schema_arrow.equals(two.schema_arrow, check_metadata=True), name
        assert one.schema.equals(two.schema), f"{name}: {one.schema} {two.schema}"
        assert one.metadata.num_row_groups == two.metadata.num_row_groups, name
        for column in range(one.metadata.num_columns):
            a, b = (file.metadata.row_group(0).column(column) for file in (one, two))
            assert a.compression == b.compression, f"{name}: {a.compression} {b.compression}"
            assert a.is_stats_set == b.is_stats_set, name
        assert polars.read_parquet(new).height == len(expected)
        assert duckdb.sql(f"select count(*), max(text) from '{new}'").fetchall()[0] == (
            len(expected),
            max(row["text"] for row in expected),
        )
    assert total_gone > 500 and total_cut > 100, (total_gone, total_cut)


def marked(before, after):
    added = ["doublet_cluster", "doublet_representative", "doublet_rule", "doublet_score", "doublet_passages"]
    copies = passages = 0
    for name, old, new in files(before, after):
        data = parquet.read_table(new)
        assert data.column_names == parquet.read_table(old).column_names + added, data.column_names
        assert data.drop_columns(added).equals(parquet.read_table(old)), name
        for row in data.select(["id"] + added).to_pylist():
            if row["doublet_rule"] == "exact":
                copies += 1
                assert row["doublet_score"] == 1 and row["doublet_representative"] != row["id"]
            if row["doublet_passages"]:
                passages += 1
                assert json.loads(row["doublet_passages"])[0]["span"]
        assert polars.read_parquet(new).width == len(data.column_names)
        assert duckdb.sql(f"select count(*) from '{new}' where doublet_rule = 'exact'").fetchall()[0][0] > 0
    assert copies > 500 and passages > 100, (copies, passages)


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    {"write": write, "check": check, "marked": marked}[command](*map(pathlib.Path, paths))
