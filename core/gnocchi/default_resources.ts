/**
 * Pure. The built-in resource definitions, embedded in the executable: the same resource types,
 * meters, policies and attributes as Ceilometer's own gnocchi_resources.yaml.
 */
import text from "./defaults/gnocchi_resources.yaml" with { type: "text" };

/** The file that is searched for in the configuration folders. */
export const resourcesFileName = "gnocchi_resources.yaml";

/** What is used where there is no such file. */
export const defaultResources: { readonly file: string; readonly text: string } = {
  file: `built-in ${resourcesFileName}`,
  text: text as string,
};
