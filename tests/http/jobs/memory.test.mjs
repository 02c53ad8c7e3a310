/* The worker's slots do not grow: tests/soak/jobs.mjs has the long run. */

import { soak } from "../../soak/jobs.mjs";
import { allowNoop } from "../lib/noop.mjs";
import { startStack } from "../lib/stack.mjs";
import { test } from "../lib/test.mjs";

test("a slot is as large after 3,000 jobs as before", { timeout: 120_000 },
    async (t) => {
        const stack = await startStack();

        t.after(() => stack.stop());
        await allowNoop(stack);
        t.diagnostic(`grew by ${await soak(stack, 3000)} bytes`);
    });
