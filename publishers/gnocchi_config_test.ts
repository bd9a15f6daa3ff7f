/**
 * Edge (files). What is wrong with the configuration of `gnocchi://` is said when it is made.
 */
import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigErrors } from "../core/errors.ts";
import { basicCredentials, gnocchiPublisher } from "../testing/gnocchi_publisher.ts";
import { tempFolder } from "../testing/servers/server.ts";

test("a definitions file with mistakes: all of them at once, with their places", async () => {
  await using folder = await tempFolder("gnocchi");
  const file = join(folder.path, "mine.yaml");
  await writeFile(
    file,
    `archive_policies: [{definition: []}]
resources:
  - resource_type: a
  - metrics: [x]
  - {resource_type: b, metrics: {m: }, attributes: {host: "resource_metadata.("}}
  - {resource_type: c, metrics: [n], event_delete: x.delete, event_attributes: {name: name}}
  - {resource_type: d, metrics: [o], event_delete: y, event_attributes: {id: i},
     event_associated_resources: {e: "{not json"}}
`,
  );
  const create = (url: string) => () => gnocchiPublisher(basicCredentials("http://x"), { url });
  const errorOf = (url: string): ConfigErrors => {
    try {
      create(url)();
    } catch (error) {
      if (error instanceof ConfigErrors) return error;
      throw error;
    }
    throw new Error("no error");
  };
  const { errors } = errorOf(`gnocchi://?resources_definition_file=${file}`);
  expect(errors.map(({ place, message }) => `${place?.line}: ${message}`)).toEqual([
    expect.stringMatching(/^3: .*'a': its 'metrics' are missing/),
    expect.stringMatching(/^4: .*no 'resource_type'/),
    expect.stringMatching(/^5: Cannot use 'host'/),
    expect.stringMatching(/^6: .*'c': 'event_attributes' name no 'id'/),
    expect.stringMatching(/^8: .*search for 'e'/),
    expect.stringMatching(/^1: .*archive policy: it has no 'name'/),
  ]);
  expect(create("gnocchi://?resources_definition_file=/none.yaml")).toThrow(
    "there is no such file",
  );
  expect(create("gnocchi://?timeout=soon")).toThrow("timeout");
  expect(create("gnocchi://?archive_polcy=low")).toThrow("archive_policy");
});

test("credentials that lack something are a configuration error", () => {
  const none = { ...basicCredentials("http://x"), authType: "none", why: "auth_url is not set" };
  expect(() => gnocchiPublisher(none as Parameters<typeof gnocchiPublisher>[0])).toThrow(
    "auth_url is not set",
  );
});
