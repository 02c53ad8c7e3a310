/* Commands that a test runs. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

export const run = promisify(execFile);


/* With a text on its standard input, which it need not read. */
export function runWith(input, program, words, options) {
    const promise = run(program, words, options);

    promise.child.stdin.on("error", (error) => {
        if (error.code !== "EPIPE") {
            throw error;
        }
    }).end(input);
    return promise;
}
