/* Bytes a second, as of the last moments. */

const WINDOW = 5000;        /* ms over which it is measured */
const LEAST = 1000;         /* ms before which nothing is said */


export class Speed {
    #marks = [];

    note(bytes) {
        const at = performance.now();

        this.#marks.push({ at, bytes });
        while (at - this.#marks[0].at > WINDOW) {
            this.#marks.shift();
        }
    }

    /* null while it is not known */
    get now() {
        const [first] = this.#marks;
        const last = this.#marks.at(-1);

        if (!first || last.at - first.at < LEAST || last.bytes === first.bytes)
        {
            return null;
        }
        return 1000 * (last.bytes - first.bytes) / (last.at - first.at);
    }
}
