/*
 * A fleet under load, and rounds of a fault each: what was accepted is kept and
 * takes effect once, no answer is wrong, no link for one use opens twice, and all
 * is well soon after the fault's end. Prints a table.
 *
 *   ROUNDS      200
 *   SEED        1      the same faults, moments and uploads again
 *   FAULT_ONLY  names from faults.mjs, with commas: only these
 */

import { resolve } from "node:path";

import { Rounds, carryOut, tell } from "../rounds.mjs";
import { faults } from "./faults.mjs";
import { Fleet } from "./fleet.mjs";
import { FleetLedger } from "./ledger.mjs";
import { FleetLoad } from "./load.mjs";

const AWAY = 20;                /* seconds of a bucket that is gone */

/* What killed servers write; the rest of a log must be clean. */
const EXPECTED = new RegExp("exited on signal 9|open socket|could not bind|"
    + "Address already in use");


class Drill extends Rounds {
    async begin() {
        this.fleet = await Fleet.begin();
        this.stack = this.fleet.front;
        this.ledger = new FleetLedger(this.stack, this.fleet.bucket);
        await this.ledger.watch();
        this.load = new FleetLoad(this.fleet, this.ledger, this.options.seed);
        await this.load.start();
        this.kinds = faults({ away: AWAY });
    }

    house() {
        return { fleet: this.fleet, next: this.next };
    }

    async recover(ended) {
        const found = await super.recover(ended);

        await this.load.openAgain();
        this.fleet.between.clear();
        return found;
    }

    async end() {
        await super.end();
        await this.ledger.lookForRests();
    }

    stop() {
        return this.fleet?.stop({ but: EXPECTED });
    }
}

export const drill = (options) => carryOut(new Drill(options));


if (process.argv[1] === resolve(new URL(import.meta.url).pathname)) {
    const number = (name, value) => Number(process.env[name] ?? value);
    const seed = number("SEED", 1);

    tell(await drill({ rounds: number("ROUNDS", 200), seed,
        only: process.env.FAULT_ONLY?.split(","), say: console.log }), seed);
}
