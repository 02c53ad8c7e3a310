/* README and docs/, as data: tables, blocks, code words and links. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { TOP } from "./tree.mjs";

export const PAGES = ["README.md", ...["docs", "docs/moving"].flatMap((folder) =>
    readdirSync(join(TOP, folder)).filter((name) => name.endsWith(".md"))
        .map((name) => `${folder}/${name}`))];

/* The first line of a shell block that is done on a host, and of one that no
   test does, before the reason. */
export const ON_THE_HOST = "# on the host, as root";
export const NOT_RUN = "# not run by the test: ";


class Page {
    constructor(name) {
        this.name = name;
        this.text = readFileSync(join(TOP, name), "utf8");
        this.lines = this.text.split("\n");
        this.blocks = [];       /* {language, line, lines} */
        this.prose = [];        /* lines outside blocks */
        this.#read();
    }

    #read() {
        let block = null;

        this.lines.forEach((text, i) => {
            const fence = /^```(\w*)$/.exec(text);

            if (!fence) {
                (block ? block.lines : this.prose).push(text);
            } else if (block) {
                this.blocks.push(block);
                block = null;
            } else {
                block = { language: fence[1], line: i + 1, lines: [] };
            }
        });
    }

    /* The rows of all tables below the heading, or of the page, as cells. */
    rows(heading) {
        let inside = heading === undefined;

        return this.prose.filter((line) => {
            if (heading !== undefined && /^#+ /.test(line)) {
                inside = line.replace(/^#+ /, "") === heading;
            }
            return inside && line.startsWith("|");
        }).filter((line) => !/^\|[-|]+\|$/.test(line))
            .map((line) => line.slice(1, -1).split(/(?<!\\)\|/)
                .map((cell) => cell.trim().replaceAll("\\|", "|")));
    }

    /* What stands between backquotes outside blocks. */
    words() {
        return codes(this.prose.join("\n"));
    }

    /* The targets of [text](target). */
    links() {
        return [...this.prose.join("\n").matchAll(/\]\(([^)\s]+)\)/g)]
            .map(([, target]) => target);
    }

    /* What "#…" may name: GitHub's way of making them. */
    anchors() {
        return this.prose.filter((line) => /^#+ /.test(line))
            .map((line) => line.replace(/^#+ /, "").toLowerCase()
                .replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
    }
}


export function page(name) {
    return new Page(name);
}


export function codes(text) {
    return [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word);
}


/*
 * A shell block's commands, [{command, output}]: a line "$ …" begins one, and
 * what stands below it is what it prints, with "…" for anything; [] unless
 * there is any.
 */
export function commands({ lines }) {
    const found = [];

    for (const line of lines) {
        if (line.startsWith("$ ")) {
            found.push({ command: line.slice(2), output: [] });
        } else if (found.length && line.trim() && !line.startsWith("#  ")) {
            found.at(-1).output.push(line);
        }
    }
    return found;
}


/* Whether that is what came. */
export function printed(expected, came) {
    const pattern = expected.join("\n").split("…")
        .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("[^]*");

    return new RegExp(`^${pattern}$`).test(came.trim());
}
