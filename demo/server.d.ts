export interface DemoOptions {
  /** 0 takes any free one. Default 8080. */
  readonly port?: number;
  /** An address to listen on, or `true` for all of them. Default: this machine only. */
  readonly host?: string | true;
  /** Print nothing. Default false. */
  readonly quiet?: boolean;
  /** Serve the sources through Vite, with hot reload, instead of `demo/dist`. Default false. */
  readonly dev?: boolean;
}

export interface Demo {
  readonly url: string;
  /** Where other machines of this network reach it; `null` where it listens to this machine only. */
  readonly lanUrl: string | null;
  readonly port: number;
  close(): Promise<void>;
}

/** One HTTP server with the page and the signaling server (path `/bellwether`). Rejects with `EADDRINUSE`. */
export function startDemo(options?: DemoOptions): Promise<Demo>;
