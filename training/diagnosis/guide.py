"""The words of each finding: its title, why it matters and what to do."""

GUIDE: dict[str, tuple[str, str, str]] = {
    "no-rows": (
        "No rows",
        "There is nothing to learn from.",
        "Check the query or the export that wrote the file.",
    ),
    "few-rows": (
        "Few rows",
        "Every figure here is uncertain, and a test split of so few rows judges nothing.",
        "Collect more before you train; read this report as a check of form alone.",
    ),
    "missing": (
        "Missing values",
        "A model learns little from what is mostly absent, and something false where absence has a cause.",
        "Find out why it is absent; leave the column out, or tell the cause in a column of its own.",
    ),
    "empty-column": (
        "Nothing but missing values",
        "The column tells nothing; often a join or an export went wrong.",
        "Mend the export or drop the column.",
    ),
    "mixed-types": (
        "Numbers mixed with something else",
        "What is not a number is read as missing, silently, in most tools.",
        "Correct the values named, or write them as missing.",
    ),
    "numbers-as-text": (
        "Numbers stored as text",
        "Readers that trust the file's types treat each number as a category.",
        "Store the column as numbers, or leave it where it is a code.",
    ),
    "not-profiled": (
        "Type that is not profiled",
        "Lists, objects and bytes cannot be features as they are; only missing values were counted.",
        "Take the values you need into columns of their own.",
    ),
    "infinite": (
        "Infinite values",
        "Means and scalers turn infinite with them, and training fails or learns nothing.",
        "Write them as missing, or correct the division that made them.",
    ),
    "sentinel": (
        "A number that may stand for missing",
        "A code such as -999 among measurements is learned from as if it had been measured.",
        "If it means missing, write it as missing.",
    ),
    "outliers": (
        "Outliers",
        "Scalers and squared errors follow the few far values; they may be faults, or just what matters.",
        "Look at some of them; correct faults, keep what is real.",
    ),
    "far-outliers": (
        "Values of another order",
        (
            "A few values a thousand times beyond the rest are more often a slip of unit or a code"
            " than a measurement."
        ),
        "Look the records up; correct the unit, or write them as missing.",
    ),
    "constant": (
        "Always the same value",
        "A constant column teaches nothing, and breaks when the value changes.",
        "Leave the column out, or widen the data until it varies.",
    ),
    "near-constant": (
        "Nearly always the same value",
        "The rare values are too few to learn from, and to be in every split.",
        "Check that the export is whole; expect nothing of this column.",
    ),
    "identifier": (
        "Nearly every value is different",
        "An identifier lets a model learn rows by heart and says nothing about new ones.",
        "Leave it out of the features; keep it as a key.",
    ),
    "spelling": (
        "The same word in several spellings",
        "Each spelling becomes a category of its own.",
        "Write each in one way before you train.",
    ),
    "blank": (
        "Blank texts",
        "A text of spaces counts as given though nothing is told.",
        "Write it as missing.",
    ),
    "duplicates": (
        "Whole rows more than once",
        "Copies weigh more in training, and in the test split they make the model look better than it is.",
        "Drop the copies, or find what wrote them twice.",
    ),
    "duplicate-keys": (
        "Several different records of one key",
        "Training keeps one record of an entity and time; which one it is decides what is learned.",
        "Find out which is right, and drop the others.",
    ),
    "contradictions": (
        "Equal records with different labels",
        "No model can be right on both; their share bounds the accuracy that can be reached.",
        "Check the labels of some of them; if they are right, a column that tells them apart is missing.",
    ),
    "across-split": (
        "Records that are on both sides of a split by time",
        "What was seen in training comes again in the test, so its score says less about new records.",
        "Drop the later copies, or split so that copies stay together.",
    ),
    "no-target": (
        "The target is not there",
        "Without labels there is nothing to learn; balance and leakage could not be looked at.",
        "Join the labels in, or name their column.",
    ),
    "unlabelled": (
        "Rows without a label",
        (
            "They are left out of training; if labels are missing for a reason, what is left is not"
            " like the rest."
        ),
        "Check that it is chance which rows have labels.",
    ),
    "one-class": (
        "The target is always the same",
        "A model that always says so cannot be beaten, and nothing can be learned.",
        "Widen the data until every class is there.",
    ),
    "imbalance": (
        "A rare class",
        "Accuracy looks high while the rare class is never found, and few of it are in the test split.",
        "Judge by F1 or recall of that class; weigh classes or collect more of it.",
    ),
    "many-classes": (
        "Too many classes",
        "So many different labels are rarely classes; leakage could not be looked at.",
        "Check that this is the target; group its values if it is.",
    ),
    "target-copy": (
        "A copy of the target",
        (
            "The model would read its answer instead of learning it, and know nothing when it is asked"
            " in earnest."
        ),
        "Leave the column out.",
    ),
    "leakage": (
        "One column tells the target almost by itself",
        "That is rare in measurements, and usual in what is known only after the fact.",
        "Ask when the value is known. If it is after the label, leave the column out.",
    ),
    "future": (
        "Times after the record's own",
        "What happened later is not known when the model is asked.",
        "Leave the column out, and whatever else was written at that later time.",
    ),
    "redundant": (
        "Columns that say the same",
        "Nothing is gained by the second, and importance is shared between them.",
        "Keep one of them, unless the model's schema wants both.",
    ),
    "drift": (
        "Distributed otherwise than in the other file",
        "A model knows what it was trained on; where inputs move, its quality is no longer the one measured.",
        "Find the cause. If the world moved, train on newer data; if an export changed, mend it.",
    ),
    "drift-kind": (
        "Another type than in the other file",
        "The column no longer means what the model learned.",
        "Mend the export before you train or predict.",
    ),
    "drift-columns": (
        "Columns of one file alone",
        "A model trained on one cannot read the other as it did.",
        "Export the same columns.",
    ),
    "schema-missing": (
        "A column of the model's schema is not there",
        "What is required is refused when it is absent; what is optional the model sees as missing, always.",
        "Add it to the export, under the name in the schema.",
    ),
    "schema-unknown": (
        "Columns that the model's schema does not know",
        "Training never reads them, and the API refuses records that hold them.",
        "Drop them, or rename those that are meant.",
    ),
    "schema-values": (
        "Values that the model's schema refuses",
        "The API answers such records with an error, and training on them teaches what never comes.",
        "Correct the values; check unit and spelling against the schema.",
    ),
    "schema-required": (
        "Required values that are missing",
        "Records without them are refused.",
        "Fill them in, or leave those records out.",
    ),
    "schema-unit": (
        "Perhaps another unit",
        (
            "A share written as per cent, or milliseconds as seconds, passes the range check and"
            " spoils the model."
        ),
        "Compare some values with the unit in the schema.",
    ),
    "schema-time": (
        "Times without an offset",
        "They are read as UTC; where they are local, hours and order are wrong.",
        "Write times in ISO 8601 with their offset.",
    ),
    "schema-span": (
        "All records are of one time",
        "Training splits by time, and there is nothing to split.",
        "Collect records over a longer time.",
    ),
}
