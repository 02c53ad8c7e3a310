/* What pages show is done, and compared with what they say it prints. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runWith } from "../http/lib/run.mjs";
import { commands, NOT_RUN, ON_THE_HOST, printed } from "./pages.mjs";
import { TOP } from "./tree.mjs";

const LONGEST = 240_000;        /* ms that a page may take */


/* All commands of a page in one shell, on the host or, with clients' ones, in
   a folder of the stack; `input` is what somebody types. */
export async function show(stack, host, page, input = "") {
    const steps = stepsOf(page, stack, host);
    const file = join(stack.folder, "shown.sh");

    assert.ok(steps.length > 0, "there is nothing to run");
    writeFileSync(file, `exec 2>&1\n${steps.map(({ command, place }, i) =>
        `cd '${place}'\necho '@@ ${i}'\n${command}\n`
        + `printf '\\n@@ ${i} %s\\n' $?`).join("\n")}\n`);

    const said = await bash(file, environmentOf(steps, stack, host), input);

    steps.forEach(({ command, output }, i) => {
        const [, came, rc] = new RegExp(
            `@@ ${i}\n([^]*?)\n@@ ${i} (\\d+)\n`).exec(said)
            ?? [0, said, "nothing"];

        assert.equal(rc, "0", `$ ${command}\n${came}`);
        assert.ok(output.length === 0 || printed(output, came),
            `$ ${command}\n${came}\nbut told is\n${output.join("\n")}`);
    });
}


function stepsOf(page, stack, host) {
    const walk = stack.path("walk");
    const onStack = (text) => text
        .replaceAll("https://media.example.org", stack.url)
        .replaceAll("/etc/sluice/keys.json", stack.path("keys.json"));

    mkdirSync(walk, { recursive: true });
    return page.blocks.filter(({ language, lines }) => language === "sh"
        && !lines[0].startsWith(NOT_RUN)).flatMap((block) => {
        const [here, place] = block.lines[0] === ON_THE_HOST
            ? [(text) => host.here(text), TOP] : [onStack, walk];

        return commands(block).map(({ command, output }) =>
            ({ command: here(command), output: output.map(here), place }));
    });
}


/* A host begins with an empty environment: pages set it. */
function environmentOf([first], stack, host) {
    const { PATH, ...rest } = host.environment;

    return {
        ...rest, PATH: `${PATH}:${stack.path("bin")}`,
        ...(first.place === TOP ? {} : {
            SLUICE_DATABASE:
                `host=${stack.path("run")} dbname=sluice user=sluice`,
            SLUICE_REDIS: `unix:${stack.path("run/redis.sock")}`,
        }),
    };
}


/* What it said, also when it failed or took too long. */
async function bash(file, env, input) {
    const { stdout } = await runWith(input, "bash", [file],
        { env, timeout: LONGEST, maxBuffer: 1 << 26 }).catch((error) => error);

    return stdout;
}
