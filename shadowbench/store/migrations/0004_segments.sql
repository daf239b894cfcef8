-- The pair log, version 4: columns of what does not change any more, in pieces that reports read instead of rows.

-- What some exchanges and all that goes with them have in one table, column by column (shadowbench/store/segments.py). Each holds
-- what the rows hold, and goes as soon as one of these rows changes: the triggers below. Where there is none, rows are read.
CREATE TABLE segments (
    source  TEXT NOT NULL,     -- exchanges | observations | scores: which table
    page    INTEGER NOT NULL,  -- of exchanges numbered page * 2048 + 1 to page * 2048 + 2048
    token   TEXT NOT NULL,     -- of who makes it, or made it
    columns BLOB,              -- NULL while it is being made
    PRIMARY KEY (source, page)
);
CREATE INDEX segments_begun ON segments (source, page) WHERE columns IS NULL;

-- Exchanges come with a number above all others, and their observations with them: there is no segment yet, and the recorder, which
-- puts thousands a second, looks for none. Scores come later.
CREATE TRIGGER exchange_leaves_segment AFTER DELETE ON exchanges BEGIN
    DELETE FROM segments WHERE source = 'exchanges' AND page = (OLD.number - 1) / 2048;
END;
CREATE TRIGGER exchange_changes_segment AFTER UPDATE ON exchanges BEGIN
    DELETE FROM segments WHERE source = 'exchanges' AND page IN ((OLD.number - 1) / 2048, (NEW.number - 1) / 2048);
END;
CREATE TRIGGER observation_leaves_segment AFTER DELETE ON observations BEGIN
    DELETE FROM segments WHERE source = 'observations' AND page = (OLD.exchange - 1) / 2048;
END;
CREATE TRIGGER observation_changes_segment AFTER UPDATE ON observations BEGIN
    DELETE FROM segments WHERE source = 'observations' AND page IN ((OLD.exchange - 1) / 2048, (NEW.exchange - 1) / 2048);
END;
CREATE TRIGGER score_leaves_segment AFTER DELETE ON scores BEGIN
    DELETE FROM segments WHERE source = 'scores' AND page = (OLD.exchange - 1) / 2048;
END;
CREATE TRIGGER score_changes_segment AFTER UPDATE ON scores BEGIN
    DELETE FROM segments WHERE source = 'scores' AND page IN ((OLD.exchange - 1) / 2048, (NEW.exchange - 1) / 2048);
END;
CREATE TRIGGER score_enters_segment AFTER INSERT ON scores BEGIN
    DELETE FROM segments WHERE source = 'scores' AND page = (NEW.exchange - 1) / 2048;
END;
