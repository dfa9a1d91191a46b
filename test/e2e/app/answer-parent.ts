type Method = (...args: never[]) => unknown;

/** Answers what the parent asks over IPC, and ends with it. */
export function answerParent(id: string, methods: object): void {
  process.on('message', async ({ call, name, args }: { call: number; name: string; args: never[] }) => {
    try {
      process.send?.({ call, answer: await (methods as Record<string, Method>)[name]?.(...args) });
    } catch (error) {
      process.send?.({ call, error: String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ id });
}
