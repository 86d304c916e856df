//! What holds for any value. What Go prints of certain ones is in `gotemplate/golden.rs`.

use proptest::prelude::*;

use super::*;
use crate::render::helm::gotemplate::convert::{parse_float, parse_int};
use crate::render::helm::gotemplate::value::{IntType, ListRef, MapRef};

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Float),
        any::<i64>().prop_map(Value::int),
        any::<u8>().prop_map(|b| Value::Int(b.into(), IntType::Uint8)),
        any::<Vec<u8>>().prop_map(Value::bytes),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| ListRef::new(items.into_iter().map(Tracked::from).collect()).into()),
            prop::collection::vec((".{0,3}", inner), 0..4).prop_map(|entries| {
                let map = MapRef::new();
                for (key, value) in entries {
                    map.set(key, value.into());
                }
                map.into()
            }),
        ]
    })
}

/// A format string that is more often right than chance would have it.
fn any_format() -> impl Strategy<Value = Vec<u8>> {
    let directive =
        "%[-+# 0]{0,3}(\\[[0-9]\\])?([0-9]{1,3}|\\*)?(\\.([0-9]{0,3}|\\*))?(\\[[0-9]\\])?[vTtqdxXoObcUeEfFgGspw%z]?";
    prop::collection::vec(prop_oneof![directive.prop_map(String::into_bytes), any::<Vec<u8>>()], 0..5)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_format_panics(format in any_format(), args in prop::collection::vec(any_value(), 0..4)) {
        let args: Vec<Tracked> = args.into_iter().map(Tracked::from).collect();
        prop_assert!(sprintf(&format, &args, MAX_BYTES).is_ok());
    }

    #[test]
    fn without_a_percent_sign_a_format_is_itself(text in "[^%]*") {
        prop_assert_eq!(sprintf(text.as_bytes(), &[], MAX_BYTES).unwrap(), text.as_bytes());
    }

    #[test]
    fn floats_read_back(bits in any::<u64>()) {
        let f = f64::from_bits(bits);
        let text = String::from_utf8(show(&Value::Float(f)).unwrap()).unwrap();
        let back = parse_float(&text).unwrap();
        prop_assert!(back.to_bits() == bits || f.is_nan() && back.is_nan(), "{text}");
        for directive in ["%x", "%e", "%.17g", "%.1100f"] {
            let text = sprintf(directive.as_bytes(), &[Value::Float(f).into()], MAX_BYTES).unwrap();
            let back = parse_float(std::str::from_utf8(&text).unwrap()).unwrap();
            let near = if directive == "%e" { (back / f - 1.0).abs() < 1e-5 || f.abs() < 1e-300 } else { back == f };
            prop_assert!(near || !f.is_finite(), "{directive} {f:e} {back:e}");
        }
    }

    #[test]
    fn integers_read_back(n in any::<i64>()) {
        for directive in ["%d", "%#x", "%#o", "%O", "%#b", "%+025d"] {
            let text = sprintf(directive.as_bytes(), &[Value::int(n).into()], MAX_BYTES).unwrap();
            let base = if directive == "%+025d" { 10 } else { 0 };
            prop_assert_eq!(parse_int(std::str::from_utf8(&text).unwrap(), base), Some(n), "{}", directive);
        }
    }
}

#[test]
fn what_is_endless_is_a_limit() {
    let map = MapRef::new();
    map.set("self", Value::Map(map.clone()).into());
    map.set("again", Value::Map(map.clone()).into());
    let fault = show(&Value::Map(map.clone())).unwrap_err();
    assert!(fault.limit);
    map.remove("self");
    map.remove("again");

    let wide = b"%1000000d".repeat(100);
    let args: Vec<Tracked> = (0..100).map(|n| Value::int(n).into()).collect();
    let fault = sprintf(&wide, &args, MAX_BYTES).unwrap_err();
    assert!(fault.limit);
    assert_eq!(fault.text, "formatting a value makes a text that is too long");
}

#[test]
fn deep_values_need_no_stack() {
    let small = std::thread::Builder::new().stack_size(100 << 10);
    let thread = small.spawn(|| {
        let nested = |levels| (0..levels).fold(Value::from("x"), |inner, _| ListRef::new(vec![inner.into()]).into());
        let text = show(&nested(1000)).unwrap();
        (text.len(), show(&nested(1002)).unwrap_err().limit)
    });
    assert_eq!(thread.unwrap().join().unwrap(), (2001, true));
}

#[test]
fn quotes_are_go_s() {
    assert_eq!(quote("é\u{ad}\u{e000}😀\"\\\n".as_bytes()), r#""é\u00ad\ue000😀\"\\\n""#);
    assert_eq!(quote_ascii("é😀".as_bytes()), r#""\u00e9\U0001f600""#);
    assert_eq!(quote(b"\xff\xe4\xb8"), r#""\xff\xe4\xb8""#);
    assert!(can_backquote(b"a\tb") && !can_backquote(b"a`") && !can_backquote(b"\xff") && !can_backquote(b"a\nb"));
}
