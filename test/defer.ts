// uvu reads this global when it is imported: set, it queues suites instead of running them by itself.
(globalThis as unknown as { UVU_DEFER: number }).UVU_DEFER = 1;
