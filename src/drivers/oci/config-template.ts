import { hostConfig, type ConfigOptions } from './config.js';

const NAME = '@NAME@';
const ID = '@ID@';
const ATTEMPT = '@ATTEMPT@';
/** A number that occurs nowhere else in a configuration. */
const FIRST_ID = 0xdeadbeef;

export type Fixed = Pick<ConfigOptions, 'installId' | 'rootfs' | 'view' | 'swap'> & {
  cgroup: (name: string) => string;
};

export type Varying = Pick<
  ConfigOptions,
  'name' | 'id' | 'attempt' | 'firstId' | 'requires' | 'link' | 'tools'
>;

/** Configurations as text: of the 15 KiB only a few words differ between lab hosts of the same needs. */
export class ConfigTemplates {
  private readonly made = new Map<string, string>();

  constructor(private readonly fixed: Fixed) {}

  textFor(host: Varying): string {
    return this.template(host)
      .replaceAll(NAME, host.name)
      .replaceAll(ID, host.id)
      .replaceAll(ATTEMPT, host.attempt)
      .replaceAll(String(FIRST_ID), String(host.firstId));
  }

  private template({ requires, link, tools }: Varying): string {
    const key = [...requires.toSorted((a, b) => a.localeCompare(b)), ...(link ? ['link', tools] : [])].join(
      ' ',
    );
    let text = this.made.get(key);
    if (text === undefined) {
      const { cgroup, ...fixed } = this.fixed;
      const needs = { requires, link, ...(tools === undefined ? {} : { tools }) };
      const varying = { name: NAME, id: ID, attempt: ATTEMPT, firstId: FIRST_ID, ...needs };
      text = JSON.stringify(hostConfig({ ...fixed, ...varying, cgroup: cgroup(NAME) }));
      this.made.set(key, text);
    }
    return text;
  }
}
