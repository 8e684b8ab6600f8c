// A brand makes two strings (or numbers) of different meaning different types.
// It exists for the compiler only: a branded value is the bare value at run time.

declare const brand: unique symbol;

export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
