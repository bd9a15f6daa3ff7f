/**
 * Pure. The bounds within which files are checked, so that none makes the check slow or large.
 */
import { yamlLimits } from "../yaml/load.ts";

/** Files larger than this are refused unread; the YAML reader's own bound counts characters. */
export const fileBytesMax = yamlLimits.charactersMax;

/** Of one file's findings so many are kept; the rest is counted. */
export const findingsPerFileMax = 1000;

/** So many unknown names of one file are compared with the known ones to suggest the nearest. */
export const suggestionsPerFileMax = 100;

/** So many patterns with wildcards of one list are compared with the others. */
export const wildcardsComparedMax = 500;

/** Folders below a folder that is checked are followed so deep. */
export const folderDepthMax = 50;

/** Sources with so many patterns in all are compared with each other. */
export const patternsComparedMax = 2000;
