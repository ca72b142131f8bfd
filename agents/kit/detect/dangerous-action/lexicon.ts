/** Words of orders that destroy or move everything at once. */
import type { Lexicon } from '../concept-trie.ts';

/** Concepts of sweeping actions in plain words. */
export const SWEEPING: Lexicon = {
  destroy: `
    ~delete, ~drop, ~wipe, ~erase, ~purge, ~destroy, ~truncate, ~remove, ~format, ~nuke, ~shred,
    ~overwrite, ~terminate, ~shut down, ~deactivate, ~encrypt`,
  whole: `all, every, entire, whole, everything, each, complete`,
  asset: `
    production, prod, production database, database, databases, backups, backup, customer records,
    customer data, customer accounts, user accounts, patient records, medical records, employee records,
    servers, instances, tables, audit logs, log files, home directory, hard drive, disk, disks,
    file system, volumes, cluster, repositories, namespaces, dns records, encryption keys, hosts,
    virtual machines, snapshots`,
  'move-money': `
    ~transfer, ~wire, ~send/sent, ~move, ~withdraw/withdrew, ~pay/paid, ~approve, ~release, ~refund`,
  funds: `
    funds, money, balance, savings, payment, payments, invoice, invoices, payroll, cash, bitcoin,
    crypto, assets, wallet, million, amount, refunds, refund, loan, loans`,
  'no-check': `
    without approval, without confirmation, without verification, without review, without checking,
    without asking, skip approval, skip verification, skip the review, bypass approval,
    bypassing approval, bypass verification, no approval needed, without authorization,
    without a second signature, without waiting for, regardless of limit, above the limit,
    over the limit, exceed the limit, exceeding the limit, ignore the limit, ignore the warning,
    no questions asked, override the limit`,
};
