import { virtualClock } from 'bellwether/testing';
import { describe, expect, it } from 'vitest';

describe('virtualClock', () => {
  it('stands still until it is told to go on, and runs what comes due in order, promises between', async () => {
    const clock = virtualClock();
    const { timers } = clock.platform();
    const ran: string[] = [];
    timers.after(20, () => ran.push(`late at ${clock.nowMs()}`));
    timers.after(10, () => {
      ran.push('early');
      void Promise.resolve()
        .then(() => ran.push('its promise'))
        .then(() => timers.after(5, () => ran.push(`set by it at ${clock.nowMs()}`)));
    });
    timers.after(10, () => ran.push('same moment, set later'));
    await clock.settle();
    expect(ran).toEqual([]);
    await clock.advance(50);
    expect(ran).toEqual(['early', 'its promise', 'same moment, set later', 'set by it at 15', 'late at 20']);
    expect(clock.nowMs()).toBe(50);
  });

  it('takes timers back', async () => {
    const clock = virtualClock();
    const undo = clock.platform().timers.after(10, () => expect.fail());
    undo();
    undo();
    await clock.advance(100);
  });

  it('runs until a condition holds, and rejects when it does not come about', async () => {
    const clock = virtualClock();
    let rung = false;
    clock.platform().timers.after(70, () => (rung = true));
    await clock.runUntil(() => rung);
    expect(clock.nowMs()).toBe(70);
    await expect(clock.runUntil(() => false, { withinMs: 10 })).rejects.toThrow(/within 10 ms/);
  });

  it('gives runtimes randomness of their own, the same for the same seed', () => {
    const draw = (seed: number) => {
      const clock = virtualClock({ seed });
      return [clock.platform(), clock.platform()].map((platform) => [...platform.randomBytes(8)].join());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(new Set([...draw(1), ...draw(2)]).size).toBe(4);
  });

  it('pauses one runtime alone; what came due runs in order when it goes on', async () => {
    const clock = virtualClock();
    const [frozen, other] = [clock.platform(), clock.platform()];
    const ran: string[] = [];
    frozen.timers.after(10, () => ran.push('first'));
    const undo = frozen.timers.after(20, () => ran.push('taken back'));
    frozen.timers.after(30, () => ran.push('second'));
    other.timers.after(10, () => ran.push('other'));
    frozen.pause();
    await clock.advance(100);
    expect(ran).toEqual(['other']);
    expect(frozen.paused).toBe(true);
    undo();
    frozen.resume();
    expect(ran).toEqual(['other', 'first', 'second']);
    expect(frozen.clock.monotonicMs()).toBe(100);
  });

  it('jumps the wall clock of one runtime, and not its monotonic one', () => {
    const { clock, jumpWall } = virtualClock().platform();
    const before = clock.wallMs();
    jumpWall(-3_600_000);
    expect(clock.wallMs()).toBe(before - 3_600_000);
    expect(clock.monotonicMs()).toBe(0);
  });

  it('puts a runtime through what a page goes through', () => {
    const platform = virtualClock().platform();
    const seen: unknown[] = [];
    const undos = [
      platform.lifecycle.onVisibility((visible) => seen.push(visible)),
      platform.lifecycle.onHide((mayReturn) => seen.push(mayReturn ? 'hide to return' : 'hide')),
      platform.lifecycle.onShow(() => seen.push('show')),
      platform.lifecycle.onOnline(() => seen.push('online')),
    ];
    platform.setVisible(true);
    platform.setVisible(false);
    platform.hide();
    platform.hide({ mayReturn: true });
    platform.show();
    platform.online();
    for (const undo of undos) undo();
    platform.setVisible(true);
    platform.hide();
    expect(seen).toEqual([false, 'hide', 'hide to return', 'show', 'online']);
    expect(platform.lifecycle.visible()).toBe(true);
  });
});
