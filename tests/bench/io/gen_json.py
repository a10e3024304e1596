# gen_json.py BYTES FILE: a mixed document, the same each time. SPDX-License-Identifier: Apache-2.0
import json,random,sys
random.seed(7)
n=int(sys.argv[1])
out=[];size=0;i=0
words="alpha beta gamma delta ünïcode epsilon zeta \"quoted\" line\nbreak eta theta".split(" ")
with open(sys.argv[2],"w") as f:
    f.write("[")
    while size<n:
        r={"id":i,"name":" ".join(random.choice(words) for _ in range(6)),"active":i%3==0,"score":random.random()*1000,"balance":round(random.uniform(-5,5),3),"tags":[random.choice(words) for _ in range(4)],"address":{"street":"%d Main Street"%i,"city":"Springfield","zip":None,"geo":[round(random.uniform(-90,90),6),round(random.uniform(-180,180),6)]},"notes":"Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore."}
        s=json.dumps(r,ensure_ascii=False)
        if i: f.write(",")
        f.write(s); size+=len(s.encode())+1; i+=1
    f.write("]")
