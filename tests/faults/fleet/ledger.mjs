/* What a fleet has accepted. Beside what is lost or doubled: `wrong` are answers
   that should not be, `opened` links for one use that opened twice. */

import { until } from "../../http/lib/stack.mjs";
import { Ledger } from "../ledger.mjs";

const SOON = { seconds: 60, every: 1000 };


export class FleetLedger extends Ledger {
    constructor(stack, bucket) {
        super(stack);
        this.bucket = bucket;
        this.lists = [...this.lists, "wrong", "opened"];
        this.wrong = [];
        this.opened = [];
    }

    brought(id, content) {
        super.brought(id, content);
        this.uploads.get(id).bytes = content.bytes;
    }

    /* Files are looked at in the bucket, of some at a time. */
    lookAtFiles() {
    }

    erased() {
        return true;
    }

    async lookAgain(entries) {
        await super.lookAgain(entries);

        const there = entries.filter(({ sha, deleted }) => sha && !deleted);
        const found = await this.inBucket(there);

        there.forEach((entry) => this.lookAt(entry, found[entry.id]));
    }

    lookAt(entry, { sha, files }) {
        if (sha !== entry.sha) {
            this.loses(entry, "has an original with other bytes");
        } else if (entry.files !== undefined && files !== entry.files) {
            this.tell(this.doubled,
                `${entry.id} was published again: ${entry.files} is ${files}`);
        }
        entry.files = files;
    }

    /* Of what was deleted the bucket has nothing. */
    async lookForRests() {
        const gone = [...this.uploads.values()].filter(({ deleted }) =>
            deleted === "yes");
        const rests = async () => Object.entries(await this.inBucket(gone))
            .filter(([, { files }]) => files !== "").map(([id]) => id);

        await until("what was deleted is gone", async () =>
            (await rests()).length === 0, SOON).catch(async () =>
            (await rests()).forEach((id) => this.tell(this.wrong,
                `${id} was deleted and has files`)));
    }

    /* {id: {sha, files}}: of the original, and all that there is. */
    async inBucket(entries) {
        return JSON.parse(await this.bucket.python(`
import hashlib, json
found = {}
for id in ${JSON.stringify(entries.map(({ id }) => id))}:
    prefix, sha, files = f"media/{id[-2:]}/{id}/", None, []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket,
            Prefix=prefix):
        for one in page.get("Contents", []):
            name = one["Key"][len(prefix):]
            files.append(f'{name}:{one["ETag"]}:{one["LastModified"]}')
            if name.startswith("original."):
                sha = hashlib.sha256(s3.get_object(Bucket=bucket,
                    Key=one["Key"])["Body"].read()).hexdigest()
    found[id] = {"sha": sha, "files": " ".join(sorted(files))}
print(json.dumps(found))`));
    }
}
