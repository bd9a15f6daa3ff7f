/**
 * Pure. A ceilometer.conf with which everything can be made that needs nothing special of it: for
 * pipelines whose own is not known, and behind one that cannot be used.
 */
import { type IniFile, parseIni } from "../config/ini.ts";

const text = `[DEFAULT]
transport_url = rabbit://localhost:5672/
[service_credentials]
auth_url = https://localhost:5000/v3
username = ceilometer
password = -
project_name = service
user_domain_name = Default
project_domain_name = Default
`;

/** The file. */
export const permissiveConfig: IniFile = parseIni(text, "built-in ceilometer.conf");
