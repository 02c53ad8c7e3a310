/* One request whose body takes its time: how far it came is told meanwhile. */

import { Problem } from "../lib/http.js";

const STALLED = 60000;      /* ms without a byte after which a way is dead */


/*
 * Answers {text, header(name)}; throws a Problem, that of no answer also when
 * the network goes or nothing moves. moved(bytes) and sent() tell of the body.
 */
export function exchange(method, url, {
    headers = {}, body = null, signal, moved = () => {}, sent = () => {},
} = {}) {
    const request = new XMLHttpRequest();

    return new Promise((resolve, reject) => {
        const over = new AbortController();
        const stop = () => request.abort();
        let timer = 0;

        function alive() {
            clearTimeout(timer);
            timer = setTimeout(stop, STALLED);
        }

        if (signal.aborted) {
            reject(signal.reason);
            return;
        }
        signal.addEventListener("abort", stop, { signal: over.signal });
        addEventListener("offline", stop, { signal: over.signal });

        request.upload.onprogress = (event) => {
            alive();
            moved(event.loaded);
        };
        request.upload.onload = () => {
            clearTimeout(timer);
            sent();
        };
        request.onload = () => {
            const { status, responseText: text } = request;
            const header = (name) => request.getResponseHeader(name);

            if (status >= 200 && status < 300) {
                resolve({ text, header });
            } else {
                reject(Problem.parse(status, text, header("Retry-After")));
            }
        };
        request.onerror = () => reject(Problem.offline());
        request.onabort = request.onerror;
        request.onloadend = () => {
            clearTimeout(timer);
            over.abort();
        };

        request.open(method, url);
        request.setRequestHeader("Accept", "application/json");
        for (const [name, value] of Object.entries(headers)) {
            request.setRequestHeader(name, value);
        }
        if (body) {
            alive();
        }
        request.send(body);
    });
}
