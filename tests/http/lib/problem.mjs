/* What a refusal has to say: problem+json (RFC 9457). */

import assert from "node:assert/strict";


/* The answer is this problem, about this field or about none. */
export function refused(answer, status, word, field) {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers["content-type"], /^application\/problem\+json/);
    assert.equal(answer.json.type, `urn:sluice:problem:${word}`);
    assert.equal(answer.json.status, status);
    assert.equal(typeof answer.json.title, "string");
    assert.equal(answer.json.field, field);
}
