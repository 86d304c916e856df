// Answers what upstream makes of YAML, one JSON request per line, for goldens and differential tests.
//
// {"do":"emit","in":"<JSON>"}        sigs.k8s.io/yaml.JSONToYAML
// {"do":"parse","in":"<YAML>"}       the first document as sigs.k8s.io/yaml and the decoder of unstructured objects read it
// {"do":"kustomize","in":"<YAML>"}   the first document as kyaml's reader and kustomize's JSON round trip read it
// {"do":"split","in":"<YAML>"}       the documents of a stream, by apimachinery's YAMLReader
//
// Each answer is {"out":"…"} or {"err":"…"}; values come as canonical JSON.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/yaml"
)

type request struct {
	Do string `json:"do"`
	In string `json:"in"`
}

type answer struct {
	Out *string `json:"out,omitempty"`
	Err string  `json:"err,omitempty"`
}

// decode is what an unstructured object holds of a JSON value.
func decode(text []byte) (any, error) {
	var wrapped map[string]any
	if err := utiljson.Unmarshal(append(append([]byte(`{"x":`), text...), '}'), &wrapped); err != nil {
		return nil, err
	}
	return wrapped["x"], nil
}

func parse(in string) ([]byte, error) {
	text, err := yaml.YAMLToJSON([]byte(in))
	if err != nil {
		return nil, err
	}
	value, err := decode(text)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func kustomize(in string) ([]byte, error) {
	reader := kio.ByteReader{
		Reader: bytes.NewBufferString(in), OmitReaderAnnotations: true, AnchorsAweigh: true, DisableUnwrapping: true,
	}
	nodes, err := reader.Read()
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 {
		return []byte("null"), nil
	}
	return nodes[0].MarshalJSON()
}

func split(in string) ([]byte, error) {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewBufferString(in)))
	documents := []any{}
	for {
		document, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		text, err := parse(string(document))
		if err != nil {
			documents = append(documents, "error")
			continue
		}
		documents = append(documents, json.RawMessage(text))
	}
	return json.Marshal(documents)
}

func answerTo(r request) (out []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch r.Do {
	case "emit":
		return yaml.JSONToYAML([]byte(r.In))
	case "parse":
		return parse(r.In)
	case "kustomize":
		return kustomize(r.In)
	case "split":
		return split(r.In)
	}
	return nil, fmt.Errorf("no such request: %q", r.Do)
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<28)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var a answer
		text, err := answerTo(r)
		if err != nil {
			a.Err = err.Error()
		} else {
			s := string(text)
			a.Out = &s
		}
		if err := encoder.Encode(a); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		// One by one: kyaml overflows the stack on an anchor that contains itself, and what was answered must be out.
		out.Flush()
	}
}
