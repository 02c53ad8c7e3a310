/* Prometheus' text format 0.0.4, read strictly. */

import assert from "node:assert/strict";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';

export const HELP = new RegExp(`^# HELP (${NAME}) \\S.*$`);
export const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge)$`);
export const SAMPLE =
    new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\d+)$`);

export const lines = (text) => text.trimEnd().split("\n");

/* {sample with its labels: number}; fails at a line that is none, and at a
   sample that is there twice. */
export function samples(text) {
    const found = new Map();

    assert.ok(text.endsWith("\n"));
    for (const line of lines(text)) {
        assert.ok([HELP, TYPE, SAMPLE].some((form) => form.test(line)), line);
        if (line.startsWith("#")) {
            continue;
        }

        const [, name, labels = "", value] = SAMPLE.exec(line);
        assert.ok(!found.has(name + labels), line);
        found.set(name + labels, Number(value));
    }

    return Object.fromEntries(found);
}

/* {label: value} of a sample's labels, as they were before they were escaped. */
export function labels(sample) {
    return Object.fromEntries(
        [...sample.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)]
            .map(([, name, value]) => [name, value.replace(/\\(.)/g,
                (_, letter) => letter === "n" ? "\n" : letter)]));
}
